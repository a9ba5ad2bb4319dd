export type PostJson = (path: string, body: unknown) => Promise<Record<string, unknown>>;

/** Signs in and returns a way to post as that user. */
export async function callApi(origin: string, email: string, password: string): Promise<PostJson> {
  const post = async (path: string, body: unknown, token?: string) => {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const { token } = await post('/v1/auth/login', { email, password });
  return (path, body) => post(path, body, String(token));
}
