/** What is used of the JavaScript interface of WebAssembly, which TypeScript has among the types of browsers only. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true })
    readonly buffer: SharedArrayBuffer
    /** Pages of 64 KiB before; those after them are the caller's. @throws RangeError past the maximum */
    grow(pages: number): number
  }
  class Module {
    private constructor()
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
  function compile(bytes: Uint8Array): Promise<Module>
}
