ALTER TABLE "endpoints" ADD COLUMN "dns_target" text;--> statement-breakpoint
CREATE INDEX "endpoints_dns_target" ON "endpoints" USING btree ("dns_target") WHERE "endpoints"."status" <> 'deleted';--> statement-breakpoint
CREATE INDEX "endpoints_dns_gone" ON "endpoints" USING btree ("id") WHERE "endpoints"."status" = 'deleted' and "endpoints"."dns_target" is not null;