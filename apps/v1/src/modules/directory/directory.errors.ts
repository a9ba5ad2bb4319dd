import { DomainError } from '@tandem/platform/errors';

const NOUNS = { partner: 'Partner', client: 'Client', assignment: 'Assignment' } as const;

/** Also for rows of another customer: the caller cannot tell the two apart. */
export class DirectoryRowNotFoundError extends DomainError {
  constructor(kind: keyof typeof NOUNS) {
    super('not_found', `${NOUNS[kind]} not found.`);
  }
}

/** Assignment codes are what people call the work, so two may not share one. */
export class AssignmentCodeTakenError extends DomainError {
  constructor(code: string) {
    super('already_exists', 'An assignment with this code exists already.', { assignment_code: code });
  }
}
