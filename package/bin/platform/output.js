export const resolved = (output) => new Promise((resolve) => {
    output.apply(resolve);
});
