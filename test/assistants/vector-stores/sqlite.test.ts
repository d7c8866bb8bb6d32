import { describeVectorStores } from './contract.ts'

describeVectorStores('SQLite', () => ({}))
