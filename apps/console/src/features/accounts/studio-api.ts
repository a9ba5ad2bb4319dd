import { createApi } from '../../shared/api/create-api.ts';
import type { components, paths } from '../../shared/api/studio.gen.ts';

export type OperatorAccount = components['schemas']['OperatorAccount'];

export type ModeRehearsal = components['schemas']['ModeRehearsal'];

export const studioApi = createApi<paths>();
