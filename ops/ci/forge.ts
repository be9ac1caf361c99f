/** The comments of one pull request (GitHub) or merge request (GitLab). */

type Env = Record<string, string | undefined>;

export interface Forge {
  /** Characters that one comment holds. */
  limit: number;
  /** The first comment of ours whose text is looked for. */
  find(wanted: (body: string) => boolean): Promise<number | undefined>;
  create(body: string): Promise<void>;
  change(id: number, body: string): Promise<void>;
}

interface Comment {
  id: number;
  body: string;
  /** Who wrote it, on GitHub. */
  user?: { login: string };
}

/** An answer other than success. */
export class ApiError extends Error {
  readonly forbidden: boolean;
  constructor(method: string, url: string, status: number, said: string) {
    super(`${method} ${url} was answered with ${status}: ${said.slice(0, 300)}`);
    this.forbidden = status === 403;
  }
}

const PAGE = 100;

interface Api {
  limit: number;
  headers: Record<string, string>;
  /** Comments of the request. */
  all: string;
  one: (id: number) => string;
  update: 'PATCH' | 'PUT';
  /** Whether a comment is by the one who runs this, so that it may change it. */
  own: (comment: Comment) => boolean;
}

function over({ limit, headers, all, one, update, own }: Api): Forge {
  const request = async (method: string, url: string, body?: string): Promise<unknown> => {
    const answer = await fetch(url, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify({ body }) }),
    });
    if (!answer.ok) throw new ApiError(method, url, answer.status, await answer.text());
    return answer.json();
  };
  return {
    limit,
    async find(wanted) {
      for (let page = 1; ; page++) {
        const comments = (await request('GET', `${all}?per_page=${PAGE}&page=${page}`)) as Comment[];
        const found = comments.find((comment) => own(comment) && wanted(comment.body));
        if (found || comments.length < PAGE) return found?.id;
      }
    },
    create: async (body) => void (await request('POST', all, body)),
    change: async (id, body) => void (await request(update, one(id), body)),
  };
}

/** A variable that the run has to have. */
function needed(env: Env, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function github(env: Env): Api {
  const repository = `${needed(env, 'GITHUB_API_URL')}/repos/${needed(env, 'GITHUB_REPOSITORY')}`;
  return {
    limit: 65_536,
    headers: { authorization: `Bearer ${needed(env, 'GITHUB_TOKEN')}`, accept: 'application/vnd.github+json' },
    all: `${repository}/issues/${needed(env, 'PULL_REQUEST')}/comments`,
    one: (id) => `${repository}/issues/comments/${id}`,
    update: 'PATCH',
    own: ({ user }) => user?.login === 'github-actions[bot]',
  };
}

function gitlab(env: Env): Api {
  const request = `${needed(env, 'CI_API_V4_URL')}/projects/${needed(env, 'CI_PROJECT_ID')}/merge_requests`;
  const all = `${request}/${needed(env, 'CI_MERGE_REQUEST_IID')}/notes`;
  return {
    limit: 1_000_000,
    headers: { 'private-token': needed(env, 'GITLAB_TOKEN') },
    all,
    one: (id) => `${all}/${id}`,
    update: 'PUT',
    // The marker alone tells them: tokens of GitLab have users of many names.
    own: () => true,
  };
}

/** The one on which this run goes on, told by the variables that it sets. */
export const forge = (env: Env): Forge => over(env['GITLAB_CI'] ? gitlab(env) : github(env));
