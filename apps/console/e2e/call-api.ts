type Answer = Record<string, unknown>;
export type PostJson = (path: string, body: unknown) => Promise<Answer>;

/** A way to post to a service as the owner of the token. */
export function callApi(origin: string, token?: string): PostJson {
  return async (path, body) => {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Answer;
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
}
