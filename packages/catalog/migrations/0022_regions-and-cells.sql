CREATE TABLE "cells" (
	"id" text PRIMARY KEY NOT NULL,
	"region" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cells_in_region" UNIQUE("region","id"),
	CONSTRAINT "cells_id" CHECK ("cells"."id" ~ '^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$'),
	CONSTRAINT "cells_region" CHECK ("cells"."region" ~ '^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$')
);
--> statement-breakpoint
-- Where every endpoint was before there were cells, and is in an installation that names none.
INSERT INTO "cells" ("id", "region") VALUES ('default', 'default');--> statement-breakpoint
DROP INDEX "endpoints_dns_target";--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "region" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "cell" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_cell_in_region" FOREIGN KEY ("region","cell") REFERENCES "public"."cells"("region","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "endpoints_dns_target" ON "endpoints" USING btree ("cell","dns_target") WHERE "endpoints"."status" <> 'deleted';