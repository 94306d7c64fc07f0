/** Tells the operators of something that went wrong and was handled. Never of content, tokens or passwords. */
export type Report = (what: string, where: Record<string, string | number>, error?: unknown) => void;
