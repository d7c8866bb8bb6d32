/** The client has no types of its own; this is what the test uses of it. */
declare module 'experts' {
  export class Assistant {
    static create(options?: object): Promise<Assistant>
    constructor(options?: object)
    readonly id: string
    ask(message: string, threadId: string): Promise<string>
    addAssistantTool(tool: new () => Tool): void
    on(event: string, listener: (...args: never[]) => void): void
    static create<T>(this: new () => T): Promise<T>
  }
  export class Tool extends Assistant {}
  export class Thread {
    static create(body?: object): Promise<Thread>
    readonly id: string
  }
}
