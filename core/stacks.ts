/** Stacks that people depend on are named so: `prod`, `production`, `prod-eu`. */
export const isProduction = (stack: string): boolean => stack.startsWith('prod');
