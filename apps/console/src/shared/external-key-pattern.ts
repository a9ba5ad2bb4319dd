/** Canonical form of an account key; the services check it again. */
export const EXTERNAL_KEY_PATTERN =
  /^(v1:(partner|client|assignment|invoice|channel)|v2:(tenant|external)):(?!0[0-9]+$)[A-Za-z0-9_-]{1,128}$/;
