/** Variables that Open WebUI does not read, so that whatever they should do does not happen. */

import { distance } from 'fastest-levenshtein';
import { webuiDefaults } from '../../core/defaults.ts';
import { isForOthers } from '../../core/engineVariables.ts';
import { imageName, parseImage } from '../../core/images.ts';
import { VARIABLES } from '../../core/webuiVariables.ts';
import type { Checked } from '../schema.ts';
import { isBefore, releaseOf } from './releases.ts';

/**
 * Present names of variables, by the name that a release or its changelog once had. All of them were renamed before the oldest release that
 * this deployment runs.
 */
export const RENAMED: Readonly<Record<string, string>> = {
  AUTOMATIC1111_CFG_SCALE: 'AUTOMATIC1111_PARAMS',
  AUTOMATIC1111_SAMPLER: 'AUTOMATIC1111_PARAMS',
  AUTOMATIC1111_SCHEDULER: 'AUTOMATIC1111_PARAMS',
  DATABASE_DEDUPLICATE_INTERVAL: 'DATABASE_USER_ACTIVE_STATUS_UPDATE_INTERVAL',
  ENABLE_API_KEY: 'ENABLE_API_KEYS',
  ENABLE_AUDIT_LOGS: 'AUDIT_LOG_LEVEL',
  ENABLE_OAUTH_WITHOUT_EMAIL: 'ENABLE_OAUTH_EMAIL_FALLBACK',
  ENABLE_RAG_WEB_LOADER_SSL_VERIFICATION: 'ENABLE_WEB_LOADER_SSL_VERIFICATION',
  ENABLE_RAG_WEB_SEARCH: 'ENABLE_WEB_SEARCH',
  ENABLE_SEARCH_QUERY: 'ENABLE_SEARCH_QUERY_GENERATION',
  IMAGES_OPENAI_API_PARAMS: 'IMAGES_OPENAI_PARAMS',
  MODEL_LIST_CACHE_TTL: 'MODELS_CACHE_TTL',
  OAUTH_SUB_CLAIM_OVERRIDE: 'OAUTH_SUB_CLAIM',
  PLAYWRIGHT_WS_URI: 'PLAYWRIGHT_WS_URL',
  RAG_WEB_LOADER_ENGINE: 'WEB_LOADER_ENGINE',
  RAG_WEB_SEARCH_CONCURRENT_REQUESTS: 'WEB_SEARCH_CONCURRENT_REQUESTS',
  RAG_WEB_SEARCH_DOMAIN_FILTER_LIST: 'WEB_SEARCH_DOMAIN_FILTER_LIST',
  RAG_WEB_SEARCH_ENGINE: 'WEB_SEARCH_ENGINE',
  RAG_WEB_SEARCH_RESULT_COUNT: 'WEB_SEARCH_RESULT_COUNT',
  RAG_WEB_SEARCH_TRUST_ENV: 'WEB_SEARCH_TRUST_ENV',
  REPLACE_IMAGE_URLS_IN_CHAT_RESPONSE: 'ENABLE_CHAT_RESPONSE_BASE64_IMAGE_URL_CONVERSION',
  SEARCH_QUERY_GENERATION_PROMPT_TEMPLATE: 'QUERY_GENERATION_PROMPT_TEMPLATE',
  USER_PERMISSIONS_CHAT_DELETION: 'USER_PERMISSIONS_CHAT_DELETE',
  USER_PERMISSIONS_CHAT_EDITING: 'USER_PERMISSIONS_CHAT_EDIT',
  // Each part of the program had a level of its own.
  ...Object.fromEntries(
    ['AUDIO', 'COMFYUI', 'CONFIG', 'DB', 'IMAGES', 'MAIN', 'MODELS', 'OAUTH', 'OLLAMA', 'OPENAI', 'RAG', 'WEBHOOK'].map(
      (part) => [`${part}_LOG_LEVEL`, 'GLOBAL_LOG_LEVEL'],
    ),
  ),
};

/** Variables of the system, of Open WebUI's image and start script, and of the libraries in it. */
const OF_OTHERS = new RegExp(
  `^(${[
    'TZ|PATH|HOME|USER|HOSTNAME|TERM|SHELL|EDITOR|TMPDIR|LANG|LANGUAGE|LC_\\w+|LD_\\w+|MALLOC_\\w+|GLIBC_\\w+|XDG_\\w+',
    'DEBIAN_FRONTEND|DOCKER|ENV|USE_\\w+_DOCKER(_VER)?|WEBUI_SECRET_KEY_FILE|SPACE_ID|CI',
    '(https?|ftp|all|no)_proxy|SSL_CERT_(FILE|DIR)|SSLKEYLOGFILE|OPENSSL_CONF|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|AIOHTTP_NO_EXTENSIONS|HTTPX_\\w+',
    'PYTHON\\w+|VIRTUAL_ENV|PIP_\\w+|UV_\\w+|UVICORN_\\w+|GUNICORN_\\w+|WEB_CONCURRENCY|FORWARDED_ALLOW_IPS',
    'HF_\\w+|HUGGING_?FACE_\\w+|TRANSFORMERS_\\w+|SENTENCE_TRANSFORMERS_\\w+|TOKENIZERS_\\w+|TIKTOKEN_\\w+|NLTK_\\w+|FASTEMBED_\\w+',
    'TORCH_\\w+|PYTORCH_\\w+|CUDA_\\w+|CUBLAS_\\w+|NCCL_\\w+|HIP_\\w+|HSA_\\w+|ROC[RM]_\\w+|AMD_\\w+|ONNX_\\w+|ORT_\\w+|CT2_\\w+',
    'OMP_\\w+|MKL_\\w+|OPENBLAS_\\w+|NUMEXPR_\\w+|OPENCV_\\w+|TESSDATA_PREFIX|IMAGEIO_\\w+|FFMPEG_\\w+|PLAYWRIGHT_(BROWSERS_PATH|DOWNLOAD_HOST|SKIP_\\w+)|NODE_\\w+',
    'ANONYMIZED_TELEMETRY|DO_NOT_TRACK|SCARF_NO_ANALYTICS|CHROMA_\\w+|USER_AGENT|LANGCHAIN_\\w+|LANGSMITH_\\w+',
    'OTEL_\\w+|SENTRY_\\w+|DD_\\w+|NEW_RELIC_\\w+|ELASTIC_\\w+|GRPC_\\w+|PROTOCOL_BUFFERS_\\w+',
    'AWS_\\w+|BOTO\\w*|AZURE_\\w+|GOOGLE_\\w+|GCLOUD_\\w+|GCE_\\w+|STORAGE_EMULATOR_HOST|PG[A-Z]+|SQLALCHEMY_\\w+|ORACLE_\\w+|TNS_ADMIN',
    'OPENAI_(ORG_ID|ORGANIZATION|PROJECT_ID|BASE_URL|LOG)',
    // What tools for the deployment of containers add.
    'COOLIFY_\\w+|SERVICE_(FQDN|URL|NAME|USER|PASSWORD)_\\w+|TRAEFIK_\\w+',
  ].join('|')})$`,
  'i',
);

const present = new Set(VARIABLES);

/** The one name that was probably meant: with a word more, or with a letter or two that are different. */
function nearest(name: string): string | undefined {
  const upper = name.toUpperCase();
  const isShorter = (one: string) => {
    const words = one.split('_');
    return words.some((_, at) => words.toSpliced(at, 1).join('_') === upper);
  };
  const near = ({ far }: { far: number }) => far <= Math.max(1, Math.floor(name.length / 6));
  const [closest] = VARIABLES.map((one) => ({ one, far: distance(one, upper) })).toSorted((a, b) => a.far - b.far);
  return closest && near(closest) ? closest.one : VARIABLES.find(isShorter);
}

/** The release of which this project knows the variables. */
const KNOWN = releaseOf(webuiDefaults.image);

/** Sentences about variables that the image does not read. An image of one's own may read any, and so may a newer release. */
export function variableWarnings({ image, env }: Pick<Checked['webui'], 'image' | 'env'>): string[] {
  const { tag = '' } = parseImage(image);
  if (imageName(image) !== 'open-webui') return [];
  const release = releaseOf(image);
  const isNewer = release !== undefined && KNOWN !== undefined && isBefore(KNOWN, release);
  const names = Object.keys(env).filter((name) => !present.has(name));
  const renamed = names.filter((name) => Object.hasOwn(RENAMED, name));
  const others = names.filter((name) => !Object.hasOwn(RENAMED, name));
  const unknown = others.filter(
    (name) =>
      !isNewer && !isForOthers(name) && !OF_OTHERS.test(name) && !(/ollama/i.test(tag) && name.startsWith('OLLAMA_')),
  );
  const meant = unknown.map((name) => ({ name, near: nearest(name) }));
  const strange = meant.flatMap(({ name, near }) => (near === undefined ? [`webui.env.${name}`] : []));
  return [
    ...renamed.map((name) => `webui.env.${name} has no effect: Open WebUI calls it ${RENAMED[name]} now.`),
    ...meant.flatMap(({ name, near }) =>
      near === undefined
        ? []
        : [`webui.env.${name} has no effect: Open WebUI has no such variable. Did you mean ${near}?`],
    ),
    ...(strange.length > 0
      ? [
          `${strange.join(', ')}: Open WebUI ${KNOWN?.join('.')} reads no such variable. It has an effect only if a function, a tool or a library of yours reads it.`,
        ]
      : []),
  ];
}
