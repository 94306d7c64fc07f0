/** The template cannot be run: what it holds is wrong or not supported. */
export class TemplateError extends Error {
  override name = 'TemplateError';
  /** The resource or output that is to blame, once it is known. */
  readonly place: string | undefined;
  constructor(message: string, options: { cause?: unknown; place?: string } = {}) {
    super(message, { cause: options.cause });
    this.place = options.place;
  }
}
