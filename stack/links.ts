import { linkQueries } from '../monitoring/queries.ts';
