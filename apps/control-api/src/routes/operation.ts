// What every operation of the API says about itself beside its own schemas: how it fails, and that it needs a key.
import { problemContentType, problemSchema } from '@weir/api-contract';

const problemReply = (description: string) => ({
  description,
  content: { [problemContentType]: { schema: problemSchema } },
});

/** Reply schemas that all operations share. */
export const problemReplies = {
  '4xx': problemReply('The request cannot be done as it is'),
  '5xx': problemReply('Weir cannot do it now'),
};

/** Marks an operation as one that needs an API key. */
export const withApiKey = [{ apiKey: [] }];
