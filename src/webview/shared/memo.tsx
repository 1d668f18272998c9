import { Component, h, type ComponentType, type FunctionComponent, type VNode } from 'preact';

/** A component that is drawn again only when one of its props is another value. */
export function memo<P extends object>(Draw: FunctionComponent<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const keys = Object.keys(next) as (keyof P)[];
      return keys.length !== Object.keys(this.props).length || keys.some((key) => next[key] !== (this.props as P)[key]);
    }
    override render(): VNode<P> {
      return h<P>(Draw, this.props as P);
    }
  };
}
