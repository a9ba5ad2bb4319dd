import { type CanActivate, Injectable } from '@nestjs/common';
import { DomainError } from '@tandem/platform/errors';
import { V1Config } from '../config/config.ts';

/** Hides everything under `/v1/billing` while billing is switched off; clients take the 404 for "disabled". */
@Injectable()
export class BillingEnabledGuard implements CanActivate {
  constructor(private readonly config: V1Config) {}

  canActivate(): boolean {
    if (!this.config.billingEnabled) throw new DomainError('FEATURE_DISABLED', 'Feature not available');
    return true;
  }
}
