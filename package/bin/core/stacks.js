export const isProduction = (stack) => stack.startsWith('prod');
