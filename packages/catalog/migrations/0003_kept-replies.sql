CREATE TABLE "kept_replies" (
	"api_key_id" text NOT NULL,
	"route" text NOT NULL,
	"idempotency_key" text NOT NULL,
	"sealed" text NOT NULL,
	"kept_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "kept_replies_api_key_id_route_idempotency_key_pk" PRIMARY KEY("api_key_id","route","idempotency_key"),
	CONSTRAINT "kept_replies_key" CHECK (length("kept_replies"."idempotency_key") between 1 and 200)
);
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "generation" bigint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "kept_replies" ADD CONSTRAINT "kept_replies_api_key_id_api_keys_id_fk" FOREIGN KEY ("api_key_id") REFERENCES "public"."api_keys"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "kept_replies_old" ON "kept_replies" USING btree ("kept_at");--> statement-breakpoint
CREATE INDEX "tenants_by_name" ON "tenants" USING btree ("organisation_id",lower("name") text_pattern_ops) WHERE "tenants"."status" <> 'deleted';--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_generation" CHECK ("tenants"."generation" >= 1);