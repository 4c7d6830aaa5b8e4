// The paths of the API, made from ids, for those who call it. No request is sent here.

export const apiPaths = {
  me: () => '/v1/me',
  tenants: () => '/v1/tenants',
  tenant: (tenantId: string) => `/v1/tenants/${encodeURIComponent(tenantId)}`,
  tenantEndpoints: (tenantId: string) => `/v1/tenants/${encodeURIComponent(tenantId)}/endpoints`,
  endpoint: (endpointId: string) => `/v1/endpoints/${encodeURIComponent(endpointId)}`,
  connectionStrings: (endpointId: string, query: { role?: string; database?: string } = {}) => {
    const pairs = Object.entries(query)
      .filter((pair): pair is [string, string] => pair[1] !== undefined)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const path = `/v1/endpoints/${encodeURIComponent(endpointId)}/connection-strings`;
    return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
  },
  activity: (endpointId: string) => `/v1/endpoints/${encodeURIComponent(endpointId)}/activity`,
  pins: (endpointId: string) => `/v1/endpoints/${encodeURIComponent(endpointId)}/pins`,
} as const;
