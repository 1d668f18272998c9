export declare const ROOMS: Readonly<Record<string, readonly string[]>>;
export declare function roomOf(file: string): string | undefined;
