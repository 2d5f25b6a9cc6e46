-- What the loader of the Open API remembers: which days it has, what it could not read, which revision of an item it
-- has, its runs for --resume, and the calls of a day.

-- One row for each Seoul day of a service, written in the transaction of that day's articles.
CREATE TABLE sync_days (
  service   text NOT NULL,
  day       date NOT NULL,
  -- Before the fetch: what came after it may be missing.
  synced_at timestamptz(3) NOT NULL,
  items     integer NOT NULL,
  rejected  integer NOT NULL,
  PRIMARY KEY (service, day),
  CONSTRAINT sync_days_service CHECK (service IN ('press', 'policy'))
);

-- Items that could not be taken, until they can.
CREATE TABLE sync_rejections (
  service text NOT NULL,
  -- Its id at the source; of one without an id, its place in the answer.
  item    text NOT NULL,
  -- The day on which it was approved; where that cannot be read, the first day of its window.
  day     date NOT NULL,
  reason  text NOT NULL,
  PRIMARY KEY (service, item)
);
-- Those of a range of days, for the report; those of a day that is synced again.
CREATE INDEX sync_rejections_day ON sync_rejections (service, day);

-- The revision that an article of korea.kr was last written from, so that an older one never overwrites it, and the
-- same one does not undo what an editor changed here.
CREATE TABLE sync_items (
  external_id text PRIMARY KEY,
  service     text NOT NULL,
  revision    bigint NOT NULL,
  modified_at timestamptz(3) NOT NULL,
  -- SHA-256 of the item as read: tells a correction that kept its revision number.
  digest      bytea NOT NULL
);

-- Runs over a range of days that were not finished, for --resume.
CREATE TABLE sync_runs (
  services   text NOT NULL,
  first_day  date NOT NULL,
  last_day   date NOT NULL,
  -- A day that was synced at this instant or later is done.
  since      timestamptz(3) NOT NULL,
  PRIMARY KEY (services, first_day, last_day)
);

-- Calls of the API on a Seoul day, each counted before it is made.
CREATE TABLE sync_calls (
  day   date PRIMARY KEY,
  calls integer NOT NULL
);
