// Documents of the artefact routes.

import { cidSchema } from '@muster/protocol';
import { z } from 'zod';

export const storedSchema = z.strictObject({ artefact: z.strictObject({ cid: cidSchema }) });
