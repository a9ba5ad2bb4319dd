import { createApi } from '../../shared/api/create-api.ts';
import type { components, paths } from '../../shared/api/v1.gen.ts';

type Schemas = components['schemas'];
export type MonitorSummary = Schemas['MonitorSummary'];
export type MonitorAccount = Schemas['MonitorAccountRow'];
export type MonitorDetail = Schemas['MonitorAccountDetail'];
export type MonitorInvoice = Schemas['MonitorInvoice'];
export type MonitorPayment = Schemas['PaymentRow'];
export type Warning = MonitorAccount['warnings'][number];

export const v1Api = createApi<paths>();
