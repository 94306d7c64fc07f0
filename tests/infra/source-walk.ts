/**
 * Follows a Lambda entry through the source, with TypeScript's own checker, to all that it can reach.
 *
 * A bundle cannot tell: a store is a class, and bundlers keep all methods of a class, so each function that uses one
 * method of a store carries the commands of them all. This walk follows references to functions, methods and
 * variables, as the checker resolves them. A method counts once its class is reached too; where the checker ends at a
 * method of a type without a body, that method of each class counts which has all that the type names.
 */
import { join } from 'node:path';
import {
  type ClassLikeDeclaration,
  type MethodSignatureDeclaration,
  type Node,
  type PropertySignatureDeclaration,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import {
  isBindingElement,
  isCallExpression,
  isClassDeclaration,
  isClassStaticBlockDeclaration,
  isConstructorDeclaration,
  isExpressionStatement,
  isFunctionDeclaration,
  isFunctionTypeNode,
  isGetAccessorDeclaration,
  isIdentifier,
  isImportDeclaration,
  isMethodDeclaration,
  isMethodSignatureDeclaration,
  isNewExpression,
  isPrivateIdentifier,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isPropertyDeclaration,
  isPropertySignatureDeclaration,
  isShorthandPropertyAssignment,
  isTypeNode,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import { type Project, SymbolFlags, type Symbol as TypeScriptSymbol } from 'typescript/unstable/sync';

export const projectRoot = join(import.meta.dirname, '../..');

/** A reached `new X(…)` of a class that a package exports; or a call, of its function. */
export type Construction = { package: string; name: string; argument: Node | undefined };

export class SourceWalk {
  /** Every body that can run. */
  readonly bodies: Node[] = [];
  readonly constructions: Construction[] = [];
  readonly packageCalls: Construction[] = [];
  private readonly project: Project;
  private readonly ownSources: string[];
  private readonly visited = new Set<Node>();
  private readonly waiting: Node[] = [];
  private readonly classes = new Set<ClassLikeDeclaration>();
  private readonly methodsOfUnreachedClasses = new Map<Node, Node[]>();
  private readonly bodiless = new Set<Node>();
  private readonly argumentsByCallee = new Map<Node, Node[][]>();

  /** @param folders whose code is followed; what is elsewhere counts as a package's */
  constructor(project: Project, entry: SourceFile, folders = ['lambdas', 'shared']) {
    this.project = project;
    // In lower case, as the checker writes paths where the file system ignores case.
    this.ownSources = folders.map((folder) => `${join(projectRoot, folder)}/`.toLowerCase());
    this.reachModule(entry);
    for (const statement of entry.statements) {
      if (!isFunctionDeclaration(statement) && !isClassDeclaration(statement)) this.reach(statement);
    }
    for (let body = this.waiting.pop(); body; body = this.waiting.pop()) {
      this.bodies.push(body);
      this.read(body);
    }
  }

  /** What is passed where a function, or the constructor of a class, is called. */
  argumentsPassedTo(callee: Node): Node[][] {
    return this.argumentsByCallee.get(callee) ?? [];
  }

  /** Where a name is declared, in our own source. */
  declarationsOf(name: Node): Node[] {
    const symbol = isShorthandPropertyAssignment(name.parent)
      ? this.project.checker.getShorthandAssignmentValueSymbol(name.parent)
      : this.project.checker.getSymbolAtLocation(name);
    return symbol ? this.ownDeclarations(this.unaliased(symbol)) : [];
  }

  private reach(body: Node | undefined): void {
    if (!body || this.visited.has(body)) return;
    this.visited.add(body);
    this.waiting.push(body);
  }

  /** Importing a module runs its statements. */
  private reachModule(source: SourceFile): void {
    if (this.visited.has(source)) return;
    this.visited.add(source);
    for (const statement of source.statements) if (isExpressionStatement(statement)) this.reach(statement);
  }

  private read(body: Node): void {
    const names: Node[] = [];
    const collect = (node: Node): void => {
      if (isTypeNode(node) || isImportDeclaration(node)) return;
      if (isIdentifier(node) || isPrivateIdentifier(node)) names.push(node);
      if (isCallExpression(node) && node.expression.kind === SyntaxKind.SuperKeyword) {
        this.noteSuperCall(node, [...node.arguments]);
      }
      node.forEachChild(collect);
    };
    collect(body);
    const { checker } = this.project;
    const symbols = checker.getSymbolAtLocation(names);
    for (const [index, name] of names.entries()) {
      const ownSymbol = isShorthandPropertyAssignment(name.parent)
        ? checker.getShorthandAssignmentValueSymbol(name.parent)
        : symbols[index];
      if (!ownSymbol) continue;
      const symbol = this.unaliased(ownSymbol);
      const declarations = this.ownDeclarations(symbol);
      this.noteCall(name, symbol, declarations);
      for (const declaration of declarations) this.reachDeclaration(declaration);
    }
  }

  private noteCall(name: Node, symbol: TypeScriptSymbol, declarations: Node[]): void {
    const { parent } = name;
    const callee = isPropertyAccessExpression(parent) && parent.name === name ? parent : name;
    const call = callee.parent;
    if (!(isCallExpression(call) || isNewExpression(call)) || call.expression !== callee) return;
    const passed = [...(call.arguments ?? [])];
    this.notePassed(declarations, passed);
    const from = symbol.declarations[0]?.path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1];
    if (!from) return;
    const reached = isNewExpression(call) ? this.constructions : this.packageCalls;
    reached.push({ package: from, name: symbol.name, argument: passed[0] });
  }

  /** The name of the class above stands with `extends`, not with the call. */
  private noteSuperCall(call: Node, passed: Node[]): void {
    let owner = call.parent;
    while (owner && !isClassDeclaration(owner)) owner = owner.parent;
    for (const clause of owner?.heritageClauses ?? []) {
      if (clause.token !== SyntaxKind.ExtendsKeyword) continue;
      for (const type of clause.types) this.notePassed(this.declarationsOf(type.expression), passed);
    }
  }

  private notePassed(declarations: Node[], passed: Node[]): void {
    for (const declaration of declarations) {
      const known = this.argumentsByCallee.get(declaration) ?? [];
      this.argumentsByCallee.set(declaration, [...known, passed]);
    }
  }

  private unaliased(symbol: TypeScriptSymbol): TypeScriptSymbol {
    return symbol.flags & SymbolFlags.Alias ? this.project.checker.getAliasedSymbol(symbol) : symbol;
  }

  private ownDeclarations(symbol: TypeScriptSymbol): Node[] {
    return symbol.declarations
      .filter(({ path }) => this.ownSources.some((folder) => path.toLowerCase().startsWith(folder)))
      .flatMap((handle) => handle.resolve() ?? []);
  }

  private reachDeclaration(declaration: Node): void {
    this.reachModule(declaration.getSourceFile());
    if (isClassDeclaration(declaration)) this.reachClass(declaration);
    else if (isFunctionDeclaration(declaration)) this.reach(declaration);
    else if (isMethodDeclaration(declaration) || isGetAccessorDeclaration(declaration))
      this.reachMethod(declaration);
    else if (isVariableDeclaration(declaration) || isPropertyAssignment(declaration))
      this.reach(declaration.initializer);
    else if (isBindingElement(declaration)) this.reachSourceOf(declaration);
    else if (isBodiless(declaration)) this.reachImplementations(declaration);
  }

  /** A name out of a destructured value: what the value is made of counts. */
  private reachSourceOf(element: Node): void {
    let pattern = element.parent;
    while (pattern && !isVariableDeclaration(pattern)) pattern = pattern.parent;
    this.reach(pattern?.initializer);
  }

  private reachMethod(method: Node): void {
    const owner = method.parent;
    if (!isClassDeclaration(owner) || this.classes.has(owner)) this.reach(method);
    else
      this.methodsOfUnreachedClasses.set(owner, [
        ...(this.methodsOfUnreachedClasses.get(owner) ?? []),
        method,
      ]);
  }

  private reachClass(declared: ClassLikeDeclaration): void {
    if (this.classes.has(declared)) return;
    this.classes.add(declared);
    for (const clause of declared.heritageClauses ?? []) {
      if (clause.token === SyntaxKind.ExtendsKeyword)
        for (const type of clause.types) this.reach(type.expression);
    }
    for (const member of declared.members) {
      if (isConstructorDeclaration(member) || isClassStaticBlockDeclaration(member)) this.reach(member);
      if (isPropertyDeclaration(member)) this.reach(member.initializer);
    }
    for (const signature of this.bodiless) this.reachImplementation(declared, signature);
    for (const method of this.methodsOfUnreachedClasses.get(declared) ?? []) this.reach(method);
  }

  private reachImplementations(signature: Node): void {
    if (this.bodiless.has(signature)) return;
    this.bodiless.add(signature);
    for (const declared of this.classes) this.reachImplementation(declared, signature);
  }

  private reachImplementation(declared: ClassLikeDeclaration, signature: Node): void {
    const methods = new Map(
      declared.members.filter(isMethodDeclaration).map((method) => [method.name.getText(), method]),
    );
    const wanted: string[] = [];
    signature.parent.forEachChild((member) => {
      if (isBodiless(member)) wanted.push(member.name.getText());
    });
    if (!isBodiless(signature) || !wanted.every((name) => methods.has(name))) return;
    this.reach(methods.get(signature.name.getText()));
  }
}

/** A method as an interface or an object type names it. */
function isBodiless(node: Node): node is MethodSignatureDeclaration | PropertySignatureDeclaration {
  if (isMethodSignatureDeclaration(node)) return true;
  return isPropertySignatureDeclaration(node) && node.type !== undefined && isFunctionTypeNode(node.type);
}
