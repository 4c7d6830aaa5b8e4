// The signature against the example of the Standard Webhooks specification.
import { expect, test } from 'vitest';
import { signatureOf } from './signature.ts';

test('a delivery is signed as the specification signs its example', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const delivery = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timeSeconds: 1_614_265_330,
    body: '{"test": 2432232314}',
  };
  expect(signatureOf(secret, delivery)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});
