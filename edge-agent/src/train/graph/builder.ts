// Building of graphs: fresh names, shared constants, and nodes that a later pass may still rewrite.
import type { Attribute, Node, Shape, Tensor } from './graph.ts';

export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly initializers = new Map<string, Tensor>();
  /** Shapes of the values of the forward pass; a gradient has the shape of its value. */
  readonly shapes = new Map<string, Shape>();
  private readonly taken = new Set<string>();
  private readonly shared = new Map<string, string>();
  private count = 0;

  /** Reserves names that come from outside, so that no fresh one meets them. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.taken.add(name);
  }

  /** A name that nothing has yet. */
  fresh(operator: string): string {
    let name: string;
    do name = `${operator}:${this.count++}`;
    while (this.taken.has(name));
    this.taken.add(name);
    return name;
  }

  /** Appends a node with one output. @returns the output's name */
  op(operator: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    const name = output ?? this.fresh(operator);
    this.taken.add(name);
    this.nodes.push({ name, operator, inputs, outputs: [name], attributes });
    return name;
  }

  /** Appends a node with several outputs. @returns the outputs' names */
  outputs(operator: string, inputs: readonly string[], attributes: Record<string, Attribute>, count: number): string[] {
    const outputs = Array.from({ length: count }, () => this.fresh(operator));
    this.nodes.push({ name: outputs[0] ?? operator, operator, inputs, outputs, attributes });
    return outputs;
  }

  /** Appends a node as it is. */
  append(node: Node): void {
    this.reserve(node.outputs);
    this.nodes.push(node);
  }

  /** Gives a node a further output. @returns its name */
  addOutput(node: Node): string {
    const name = this.fresh(node.operator);
    this.replace(node, { ...node, outputs: [...node.outputs, name] });
    return name;
  }

  replace(node: Node, by: Node): void {
    this.nodes[this.indexOf(node)] = by;
  }

  remove(node: Node): void {
    this.nodes.splice(this.indexOf(node), 1);
  }

  private indexOf(node: Node): number {
    const index = this.nodes.findIndex(({ outputs }) => outputs[0] === node.outputs[0]);
    if (index < 0) throw new TypeError(`node ${node.name} is not in the graph`);
    return index;
  }

  /** A constant; equal constants share one initializer. @returns its name */
  constant(tensor: Tensor): string {
    const key = `${tensor.dtype}[${tensor.shape.join()}]${Array.from<number | bigint>(tensor.data).join()}`;
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const name = this.fresh('constant');
    this.initializers.set(name, tensor);
    this.shared.set(key, name);
    return name;
  }

  /** Shape of a forward value. */
  shapeOf(name: string): Shape {
    const shape = this.shapes.get(name);
    if (shape === undefined) throw new TypeError(`value ${name} has no known shape`);
    return shape;
  }
}
