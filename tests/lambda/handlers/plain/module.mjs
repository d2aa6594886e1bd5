export const handler = async (event) => ({module: import.meta.url.endsWith('module.mjs'), event});
