// `weir webhooks`: where changes are told, and what was told, over the HTTP API.
import { type DeliveryReply, eventTypes, type WebhookReply } from '@weir/api-contract';
import { allPages } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import {
  CommandError,
  defineCommand,
  exitCodes,
  onlyWord,
  printJson,
  secondsOption,
  tableOf,
} from '../command.ts';

const aWebhook = ['a webhook by its id', 'weir webhooks list shows them'] as const;

export const webhooks = defineCommand({
  name: 'webhooks',
  usage:
    'webhooks list | create URL | change ID | delete ID | rotate ID | end-overlap ID | test ID | deliveries ID | replay ID DELIVERY',
  summary: 'where changes are told, and what was told',
  help: `
list
create URL [--event TYPE]… [--description TEXT]   of every event, unless some are named; the secret is shown once
change ID [--url URL] [--event TYPE]… [--description TEXT] [--on | --off]
delete ID
rotate ID [--overlap SECONDS]   a new secret, shown once; the one before signs too for 86400 s more
end-overlap ID           only the newest secret signs
test ID                  sends a delivery that tells of nothing
deliveries ID            the newest 50, with what became of them
replay ID DELIVERY       sends it again, under the same id
Events: ${eventTypes.join(', ')}
docs/webhooks.md says how a receiver checks what it gets.
${apiHelp}`,
  actions: ['list', 'create', 'change', 'delete', 'rotate', 'end-overlap', 'test', 'deliveries', 'replay'],
  options: {
    ...apiOptions,
    event: { type: 'string', multiple: true },
    description: { type: 'string' },
    url: { type: 'string' },
    on: { type: 'boolean' },
    off: { type: 'boolean' },
    overlap: { type: 'string' },
  },
  async run({ values, positionals }) {
    const [action, ...words] = positionals;
    const api = chooseApi(values);
    const { json, description } = values;
    switch (action) {
      case 'list': {
        const items = await allPages((query) => api.listWebhooks({ query }));
        return json
          ? printJson(items)
          : console.log(tableOf(['WEBHOOK', 'STATE', 'URL', 'EVENTS'], items.map(rowOf)));
      }
      case 'create': {
        const events = values.event ?? [...eventTypes];
        const url = onlyWord(words, 'the URL of the receiver');
        const made = await api.createWebhook({ body: { url, events, description } });
        if (json) return printJson(made);
        console.log(`created ${made.webhook.id}`);
        return console.log(`secret, shown only now: ${made.secret}`);
      }
      case 'change': {
        const enabled = values.on ? true : values.off ? false : undefined;
        const change = { url: values.url, events: values.event, description, enabled };
        const params = { webhookId: onlyWord(words, ...aWebhook) };
        const webhook = await api.changeWebhook({ params, body: change });
        return json ? printJson(webhook) : console.log(`changed ${webhook.id}`);
      }
      case 'delete': {
        const id = onlyWord(words, ...aWebhook);
        await api.deleteWebhook({ params: { webhookId: id } });
        return json ? printJson({ deleted: id }) : console.log(`deleted ${id}`);
      }
      case 'rotate': {
        const { overlap } = values;
        const body = overlap === undefined ? {} : { overlapSeconds: secondsOption('overlap', overlap) };
        const params = { webhookId: onlyWord(words, ...aWebhook) };
        const rotated = await api.rotateWebhookSecret({ params, body });
        if (json) return printJson(rotated);
        const { id, previousSecretUntil: until } = rotated.webhook;
        console.log(
          `rotated ${id}; ${until === null ? 'only the new secret signs' : `the secret before signs too until ${until}`}`,
        );
        return console.log(`secret, shown only now: ${rotated.secret}`);
      }
      case 'end-overlap': {
        const webhook = await api.endWebhookOverlap({ params: { webhookId: onlyWord(words, ...aWebhook) } });
        return json ? printJson(webhook) : console.log(`only the newest secret of ${webhook.id} signs`);
      }
      case 'test': {
        const delivery = await api.testWebhook({ params: { webhookId: onlyWord(words, ...aWebhook) } });
        return json ? printJson(delivery) : console.log(`sending ${delivery.id}`);
      }
      case 'deliveries': {
        const { items } = await api.listDeliveries({ params: { webhookId: onlyWord(words, ...aWebhook) } });
        return json
          ? printJson(items)
          : console.log(
              tableOf(['DELIVERY', 'MADE', 'EVENT', 'STATE', 'ATTEMPTS', 'LAST'], items.map(deliveryRow)),
            );
      }
      case 'replay': {
        const [id = '', deliveryId, ...more] = words;
        const delivery = await api.replayDelivery({
          params: {
            webhookId: onlyWord(id === '' ? [] : [id], ...aWebhook),
            deliveryId: onlyWord(
              [...(deliveryId === undefined ? [] : [deliveryId]), ...more],
              'a delivery by its id',
            ),
          },
        });
        return json ? printJson(delivery) : console.log(`sending ${delivery.id} again`);
      }
      default:
        throw new CommandError(`"${action ?? ''}" is nothing that webhooks does`, {
          exitCode: exitCodes.usage,
          hint: 'weir webhooks --help',
        });
    }
  },
});

function rowOf({ id, enabled, url, events }: WebhookReply): string[] {
  return [id, enabled ? 'on' : 'off', url, events.length === eventTypes.length ? 'all' : events.join(' ')];
}

function deliveryRow(delivery: DeliveryReply): string[] {
  const { id, createdAt, type, status, attempts, lastStatus, lastError } = delivery;
  const last = [lastStatus === null ? '' : String(lastStatus), lastError ?? ''].join(' ').trim();
  return [id, createdAt.slice(0, 19).replace('T', ' '), type, status, String(attempts), last];
}
