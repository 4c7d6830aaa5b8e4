CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"sha256" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_sha256_unique" UNIQUE("sha256"),
	CONSTRAINT "api_keys_prefix" CHECK ("api_keys"."prefix" ~ '^weir_[0-9a-f]{4,12}$'),
	CONSTRAINT "api_keys_sha256" CHECK (octet_length("api_keys"."sha256") = 32)
);
--> statement-breakpoint
CREATE TABLE "catalog_meta" (
	"single_row" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" bigint NOT NULL,
	"server_fingerprint" text,
	"mock_secret_sealed" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "catalog_meta_one_row" CHECK ("catalog_meta"."single_row"),
	CONSTRAINT "catalog_meta_epoch" CHECK ("catalog_meta"."epoch" >= 1)
);
--> statement-breakpoint
CREATE TABLE "endpoints" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"generation" bigint DEFAULT 1 NOT NULL,
	"upstream_id" text NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"default_database" text NOT NULL,
	"tls_mode" text NOT NULL,
	"ca_pem" text,
	"server_version" text NOT NULL,
	"max_connections" integer,
	"reserved_connections" integer,
	"ram_bytes" bigint NOT NULL,
	"divisor_bytes" bigint,
	"cap" integer,
	"reserve" integer,
	"pool_size" integer,
	"client_connections_max" integer NOT NULL,
	"query_wait_timeout_ms" integer NOT NULL,
	"server_idle_timeout_ms" integer NOT NULL,
	"server_lifetime_ms" bigint NOT NULL,
	"require_tls" boolean NOT NULL,
	"auth_query" text,
	"service_role" text NOT NULL,
	"service_password_sealed" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "endpoints_id" CHECK ("endpoints"."id" ~ '^ep-[a-z]{2,12}-[a-z]{2,12}-[0-9a-z]{6}$' and "endpoints"."id" !~ '-pooler$'),
	CONSTRAINT "endpoints_status" CHECK ("endpoints"."status" in ('active', 'suspended', 'deleted')),
	CONSTRAINT "endpoints_generation" CHECK ("endpoints"."generation" >= 1),
	CONSTRAINT "endpoints_host" CHECK (length("endpoints"."host") between 1 and 253),
	CONSTRAINT "endpoints_port" CHECK ("endpoints"."port" between 1 and 65535),
	CONSTRAINT "endpoints_tls_mode" CHECK ("endpoints"."tls_mode" in ('disable', 'require', 'verify-ca', 'verify-full')),
	CONSTRAINT "endpoints_ram_bytes" CHECK ("endpoints"."ram_bytes" >= 1),
	CONSTRAINT "endpoints_sizing" CHECK (coalesce("endpoints"."divisor_bytes", 1) >= 1 and coalesce("endpoints"."cap", 1) >= 1 and coalesce("endpoints"."reserve", 0) >= 0),
	CONSTRAINT "endpoints_settings" CHECK (coalesce("endpoints"."pool_size", 1) >= 1 and "endpoints"."client_connections_max" >= 1 and "endpoints"."query_wait_timeout_ms" >= 1 and "endpoints"."server_idle_timeout_ms" >= 1 and "endpoints"."server_lifetime_ms" >= 1),
	CONSTRAINT "endpoints_secret_dies_with_it" CHECK (("endpoints"."status" = 'deleted') = ("endpoints"."service_password_sealed" is null))
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"endpoint_id" text NOT NULL,
	"generation" bigint NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"published_at" timestamp (3) with time zone,
	CONSTRAINT "outbox_generation" CHECK ("outbox"."generation" >= 1)
);
--> statement-breakpoint
CREATE TABLE "roles" (
	"endpoint_id" text NOT NULL,
	"name" text NOT NULL,
	"verifier" text,
	"verifier_is_servers" boolean DEFAULT false NOT NULL,
	"password_sealed" text,
	"valid_until" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "roles_endpoint_id_name_pk" PRIMARY KEY("endpoint_id","name"),
	CONSTRAINT "roles_name" CHECK (octet_length("roles"."name") between 1 and 63),
	CONSTRAINT "roles_verifier" CHECK ("roles"."verifier" is null or "roles"."verifier" like 'SCRAM-SHA-256$%'),
	CONSTRAINT "roles_servers_verifier" CHECK (not "roles"."verifier_is_servers" or "roles"."verifier" is not null)
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_id" CHECK ("tenants"."id" ~ '^tn_[0-9a-z]{20}$'),
	CONSTRAINT "tenants_name" CHECK (length("tenants"."name") between 1 and 100),
	CONSTRAINT "tenants_status" CHECK ("tenants"."status" in ('active', 'suspended', 'deleted'))
);
--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "roles" ADD CONSTRAINT "roles_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "endpoints_of_tenant" ON "endpoints" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "endpoints_of_upstream" ON "endpoints" USING btree ("upstream_id");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("due_at","id") WHERE "outbox"."published_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_done" ON "outbox" USING btree ("published_at") WHERE "outbox"."published_at" is not null;--> statement-breakpoint
CREATE INDEX "tenants_page" ON "tenants" USING btree ("created_at","id") WHERE "tenants"."status" <> 'deleted';