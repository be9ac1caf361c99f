/** The comments of one pull request (GitHub) or merge request (GitLab). */

import { RemoteError, UserError } from '../../core/errors.mjs';

type Env = Record<string, string | undefined>;

export interface Forge {
  /** Characters that one comment holds. */
  limit: number;
  /** The first comment of ours whose text matches. */
  find(wanted: (body: string) => boolean): Promise<number | undefined>;
  create(body: string): Promise<void>;
  change(id: number, body: string): Promise<void>;
}

interface Comment {
  id: number;
  body: string;
  /** Who wrote it: on GitHub, and on GitLab. */
  user?: { login: string };
  author?: { id: number };
}

/** Whether the token of a run may not do what was asked. */
export const isForbidden = (error: unknown): boolean => error instanceof RemoteError && error.status === 403;

const PAGE = 100;

interface Api {
  limit: number;
  headers: Record<string, string>;
  /** Comments of the request. */
  all: string;
  one: (id: number) => string;
  update: 'PATCH' | 'PUT';
  /** Tells a comment of the one who runs this, which it may change, from those of others; asked once. */
  owner: (get: (url: string) => Promise<unknown>) => Promise<(comment: Comment) => boolean>;
}

function forgeOf({ limit, headers, all, one, update, owner }: Api): Forge {
  const request = async (method: string, url: string, body?: string): Promise<unknown> => {
    const answer = await fetch(url, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify({ body }) }),
    });
    if (!answer.ok) {
      const { status } = answer;
      const said = (await answer.text()).slice(0, 300);
      throw new RemoteError(`${method} ${url} was answered with ${status}: ${said}`, { status });
    }
    return answer.json();
  };
  return {
    limit,
    async find(wanted) {
      const own = await owner((url) => request('GET', url));
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

/** A variable that the run has to set. */
function required(env: Env, name: string): string {
  const value = env[name];
  if (!value) throw new UserError(`${name} is not set`);
  return value;
}

function github(env: Env): Api {
  const repository = `${required(env, 'GITHUB_API_URL')}/repos/${required(env, 'GITHUB_REPOSITORY')}`;
  return {
    limit: 65_536,
    headers: { authorization: `Bearer ${required(env, 'GITHUB_TOKEN')}`, accept: 'application/vnd.github+json' },
    all: `${repository}/issues/${required(env, 'PULL_REQUEST')}/comments`,
    one: (id) => `${repository}/issues/comments/${id}`,
    update: 'PATCH',
    owner: async () => (comment) => comment.user?.login === 'github-actions[bot]',
  };
}

function gitlab(env: Env): Api {
  const api = required(env, 'CI_API_V4_URL');
  const request = `${api}/projects/${required(env, 'CI_PROJECT_ID')}/merge_requests`;
  const all = `${request}/${required(env, 'CI_MERGE_REQUEST_IID')}/notes`;
  return {
    limit: 1_000_000,
    headers: { 'private-token': required(env, 'GITLAB_TOKEN') },
    all,
    one: (id) => `${all}/${id}`,
    update: 'PUT',
    // Tokens of GitLab have users of many names. A note of another user that begins like ours cannot be changed.
    async owner(get) {
      const { id } = (await get(`${api}/user`)) as { id: number };
      return ({ author }) => author?.id === id;
    },
  };
}

/** The forge on which this run takes place, by the variables that it sets. */
export const forge = (env: Env): Forge => forgeOf(env['GITLAB_CI'] ? gitlab(env) : github(env));
