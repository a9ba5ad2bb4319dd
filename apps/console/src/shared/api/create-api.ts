import createClient from 'openapi-fetch';
import { ApiError, noAnswer, readProblem } from './api-error.ts';
import { sendWithCsrf } from './send-with-csrf.ts';

/** Client of one service's paths. Every answer but 2xx is thrown as an `ApiError`. */
export function createApi<Paths extends object>() {
  const client = createClient<Paths>({ fetch: sendWithCsrf });
  client.use({
    async onResponse({ response }) {
      if (!response.ok) throw await readProblem(response);
    },
    onError({ error }) {
      return error instanceof ApiError ? error : noAnswer(error);
    },
  });
  return client;
}

/** The body of an answer; refusals were thrown before. */
export async function bodyOf<T>(answer: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Error('The service answered without a body');
  return data;
}
