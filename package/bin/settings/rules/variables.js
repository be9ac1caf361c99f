import { distance } from 'fastest-levenshtein';
import { webuiDefaults } from '../../core/defaults.js';
import { isForOthers } from '../../core/engineVariables.js';
import { imageName, parseImage } from '../../core/images.js';
import { VARIABLES } from '../../core/webuiVariables.js';
import { isBefore, releaseOf } from './releases.js';
export const RENAMED = {
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
    ...Object.fromEntries('AUDIO COMFYUI CONFIG DB IMAGES MAIN MODELS OAUTH OLLAMA OPENAI RAG SOCKET WEBHOOK'
        .split(' ')
        .map((part) => [`${part}_LOG_LEVEL`, 'GLOBAL_LOG_LEVEL'])),
};
const OF_OTHERS = `
TZ PATH HOME USER HOSTNAME TERM SHELL EDITOR TMPDIR LANG LANGUAGE CI DOCKER ENV DEBIAN_FRONTEND SPACE_ID WEBUI_SECRET_KEY_FILE
HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE OPENSSL_CONF REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
AIOHTTP_NO_EXTENSIONS VIRTUAL_ENV WEB_CONCURRENCY FORWARDED_ALLOW_IPS TESSDATA_PREFIX STORAGE_EMULATOR_HOST TNS_ADMIN
ANONYMIZED_TELEMETRY DO_NOT_TRACK SCARF_NO_ANALYTICS USER_AGENT PLAYWRIGHT_BROWSERS_PATH PLAYWRIGHT_DOWNLOAD_HOST
OPENAI_ORG_ID OPENAI_PROJECT_ID OPENAI_BASE_URL OPENAI_LOG
`
    .trim()
    .split(/\s+/);
const OF_OTHERS_BEGIN = `
LC_ LD_ MALLOC_ GLIBC_ XDG_ USE_CUDA_ USE_OLLAMA_ USE_EMBEDDING_ USE_RERANKING_ USE_SLIM_
HTTPX_ PYTHON PIP_ UV_ UVICORN_ GUNICORN_ NODE_ GRPC_ PROTOCOL_BUFFERS_ SQLALCHEMY_ ORACLE_ PGSSL PGPASS PGSERVICE PGCONNECT PGTZ PGAPPNAME PGOPTIONS
HF_ HUGGINGFACE_ HUGGING_FACE_ TRANSFORMERS_ SENTENCE_TRANSFORMERS_ TOKENIZERS_ TIKTOKEN_ NLTK_ FASTEMBED_ LANGCHAIN_ LANGSMITH_ CHROMA_
TORCH PYTORCH_ CUDA_ CUBLAS_ NCCL_ HIP_ HSA_ ROCM_ ROCR_ AMD_ ONNX_ ORT_ CT2_ OMP_ MKL_ OPENBLAS_ NUMEXPR_ OPENCV_ IMAGEIO_ FFMPEG_
AWS_ BOTO AZURE_ GOOGLE_ GCLOUD_ GCE_ OTEL_ SENTRY_ DD_ NEW_RELIC_ ELASTIC_
COOLIFY_ SERVICE_FQDN_ SERVICE_URL_ SERVICE_NAME_ SERVICE_USER_ SERVICE_PASSWORD_ TRAEFIK_
`
    .trim()
    .split(/\s+/);
function isOfOthers(name, image) {
    const upper = name.toUpperCase();
    const withOllama = /ollama/i.test(parseImage(image).tag ?? '');
    return (isForOthers(name) ||
        OF_OTHERS.includes(upper) ||
        OF_OTHERS_BEGIN.some((start) => upper.startsWith(start)) ||
        (withOllama && upper.startsWith('OLLAMA_')));
}
const VALKEY_ADDRESS = /REDIS_URL$|_SENTINEL_/;
const MEANT = VARIABLES.filter((name) => !VALKEY_ADDRESS.test(name));
function nearest(name) {
    const upper = name.toUpperCase();
    const isShorter = (one) => {
        if (!upper.includes('_'))
            return false;
        const words = one.split('_');
        return words.some((_, at) => words.toSpliced(at, 1).join('_') === upper);
    };
    const near = ({ far }) => far <= Math.max(1, Math.floor(name.length / 6));
    const [closest] = MEANT.map((one) => ({ one, far: distance(one, upper) })).toSorted((a, b) => a.far - b.far);
    return closest && near(closest) ? closest.one : MEANT.find(isShorter);
}
const KNOWN = releaseOf(webuiDefaults.image);
export function variableWarnings({ image, env }) {
    if (imageName(image) !== 'open-webui')
        return [];
    const release = releaseOf(image);
    const isNewer = release !== undefined && KNOWN !== undefined && isBefore(KNOWN, release);
    const strange = [];
    const warnings = [];
    for (const name of Object.keys(env)) {
        const now = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
        if (now !== undefined) {
            warnings.push(`webui.env.${name} has no effect: Open WebUI has ${now} instead.`);
        }
        else if (!isNewer && !VARIABLES.includes(name) && !isOfOthers(name, image)) {
            const meant = nearest(name);
            if (meant === undefined)
                strange.push(`webui.env.${name}`);
            else
                warnings.push(`webui.env.${name} has no effect: Open WebUI has no such variable. Did you mean ${meant}?`);
        }
    }
    if (strange.length === 0)
        return warnings;
    return [
        ...warnings,
        `${strange.join(', ')}: Open WebUI ${KNOWN?.join('.')} reads no such variable. It has an effect only if one of your functions, tools or libraries reads it.`,
    ];
}
