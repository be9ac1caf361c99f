export const storageOutput = (volume, folder) => ({
    ...(volume !== undefined && { volume }),
    ...(folder !== undefined && { folder }),
});
