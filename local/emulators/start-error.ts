/**
 * Something the person at the console can put right (a taken port, an unwritable folder, a missing binary). Its
 * message is one whole sentence: `main.ts` prints it as the only line and ends with exit code 1.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}
