/** Changes part of the address. With `replace` the step is not one to go back to. */
export type ChangeSearch<Search> = (change: Partial<Search>, options?: { replace?: boolean }) => void;
