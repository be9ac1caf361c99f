// Pulumi compiles the entry of a policy pack with its own TypeScript 3.8, which does not know today's syntax, and no option
// turns that off. What plain JavaScript imports is left to Node.js, which strips the types itself.
import './index.ts';
