import type { FunctionName } from '../functions.ts';

/** Makes one thing for each function, when it is first asked for: routes share the integration of their function. */
export function oncePerFunction<Made>(make: (name: FunctionName) => Made): (name: FunctionName) => Made {
  const known = new Map<FunctionName, Made>();
  return (name) => {
    const made = known.get(name) ?? make(name);
    known.set(name, made);
    return made;
  };
}
