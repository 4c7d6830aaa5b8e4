// The release, as it is told to callers and written into the OpenAPI document.

export const version = '0.1.0';
