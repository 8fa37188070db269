-- The canonical tables and the tables of the case file.
-- Ids are text and kept as they stand in the export. Amounts are whole steps of their asset (fen, wei, coupon).
-- Times are absolute; a local time is read in the zone that case.yaml declares.
-- Ids that nearly every record has are told how to be kept: trying a dictionary on them costs a quarter of the import.
-- Where one record tells an entry and its outcome, `entry` and `outcome` become views of one table, entry_told.
-- record counts a file's data records from 1; refused lists the columns whose cell could not be read (they are NULL).

CREATE TABLE participant (
    participant_id VARCHAR USING COMPRESSION fsst, -- a person or an account
    referrer_id VARCHAR,         -- participant who recruited this one; NULL: nobody
    team_leader_id VARCHAR,      -- participant who leads this one's team; NULL: nobody
    joined_at TIMESTAMPTZ,       -- moment of registration
    age BIGINT,                  -- age in whole years on joining, as verified or declared
    age_band VARCHAR,            -- declared group: age
    gender VARCHAR,              -- declared group: gender
    occupation VARCHAR,          -- declared group: occupation or situation
    region VARCHAR,              -- declared group: where they live
    channel VARCHAR,             -- declared group: how they came
    device VARCHAR,              -- declared group: kind of device
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE activity (
    activity_id VARCHAR USING COMPRESSION fsst, -- one round of a game: a set of boxes, a group
    initiator_id VARCHAR,        -- participant who started it
    started_at TIMESTAMPTZ,      -- moment it was started and paid for
    ended_at TIMESTAMPTZ,        -- moment it ended; NULL: still open at the end of the export
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE entry (
    entry_id VARCHAR USING COMPRESSION fsst, -- one paid chance: a box opened, a place taken
    activity_id VARCHAR USING COMPRESSION fsst, -- activity it belongs to
    participant_id VARCHAR USING COMPRESSION fsst, -- who entered
    position BIGINT,             -- order within the activity, from 1
    weight BIGINT,               -- tickets that this entry holds, where a raffle counts them
    entered_at TIMESTAMPTZ,      -- moment of entry
    asset VARCHAR,               -- what was paid with
    paid DECIMAL(38, 0),         -- stake paid, steps of asset
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE outcome (
    entry_id VARCHAR USING COMPRESSION fsst, -- entry it decides
    outcome VARCHAR,             -- 'win' or 'loss', or the name of the prize where a draw has several
    decided_at TIMESTAMPTZ,      -- moment of the decision; NULL: the moment of entry
    choice VARCHAR,              -- asset the winner chose, where the rules give a choice
    asset VARCHAR,               -- what a random share is of
    share DECIMAL(38, 0),        -- share of a pot that chance gave this entry, steps of asset
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE purchase (
    purchase_id VARCHAR USING COMPRESSION fsst, -- one order
    participant_id VARCHAR USING COMPRESSION fsst, -- who ordered and paid
    item VARCHAR,                -- what was ordered, as the export names it
    kind VARCHAR,                -- kind of order, as the export names it
    asset VARCHAR,               -- what was paid with
    amount DECIMAL(38, 0),       -- price paid, steps of asset
    list_price DECIMAL(38, 0),   -- price before any discount, steps of asset
    coupon VARCHAR,              -- asset of the coupon spent on the order; NULL: none
    deposit_id VARCHAR,          -- earlier order whose payment is deducted from this one; NULL: none
    paid_at TIMESTAMPTZ,         -- moment of payment
    quantity BIGINT,             -- pieces; NULL: one
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE payment (
    payment_id VARCHAR USING COMPRESSION fsst, -- one movement of money, coupons or goods
    paid_at TIMESTAMPTZ,         -- moment of payment
    payer_id VARCHAR,            -- who paid; NULL: the platform
    payee_id VARCHAR USING COMPRESSION fsst, -- who received
    asset VARCHAR,               -- what was paid
    amount DECIMAL(38, 0),       -- steps of asset
    reason VARCHAR,              -- clause it is paid under
    ref VARCHAR USING COMPRESSION fsst, -- event it is paid for: entry, activity, order or participant id
    step BIGINT,                 -- which milestone it is paid for, from 1, where an event has several
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE request (
    request_id VARCHAR USING COMPRESSION fsst, -- one thing asked for: a withdrawal, a refund
    participant_id VARCHAR USING COMPRESSION fsst, -- who asked
    kind VARCHAR,                -- what was asked for, as the export names it
    asset VARCHAR,               -- in what
    amount DECIMAL(38, 0),       -- steps of asset
    requested_at TIMESTAMPTZ,    -- moment it was asked for
    settled_at TIMESTAMPTZ,      -- moment it was granted; NULL: not (yet)
    refused_at TIMESTAMPTZ,      -- moment it was refused; NULL: not
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE identity (
    participant_id VARCHAR USING COMPRESSION fsst, -- an account
    kind VARCHAR,                -- device, address, payment-account; staff: the account is an employee's or the company's
    value VARCHAR USING COMPRESSION fsst, -- what two accounts share; for staff: what is known, such as a personnel number
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE message (
    group_id VARCHAR,            -- chat group
    author_id VARCHAR,           -- participant who wrote
    sent_at TIMESTAMPTZ,         -- moment of sending
    text VARCHAR,                -- what was written
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE notice (
    notice_id VARCHAR,           -- one publication
    published_at TIMESTAMPTZ,    -- moment it was published
    activity_id VARCHAR,         -- activity it is about
    winner_id VARCHAR,           -- participant it names as a winner
    text VARCHAR,                -- its words
    campaign VARCHAR,            -- campaign whose odds it changes; NULL: the one audited
    odds VARCHAR,                -- what it multiplies the declared odds by from that day on: 1/2, 2, or 1 for "as declared again"
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE draw (
    draw_id VARCHAR,             -- one draw of a lottery
    drawn_at TIMESTAMPTZ,        -- moment of the draw
    asset VARCHAR,               -- what bets are paid with
    sales DECIMAL(38, 0),        -- money staked on this draw, steps of asset; 0: not recorded
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE drawn_number (
    draw_id VARCHAR,             -- draw it was drawn in
    pool VARCHAR,                -- set it was drawn from
    ordinal BIGINT,              -- order of drawing within the pool, from 1
    number BIGINT,               -- the number
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE tier_total (
    draw_id VARCHAR,             -- draw it belongs to
    tier VARCHAR,                -- prize tier
    winners BIGINT,              -- winning bets
    asset VARCHAR,               -- what is won
    prize DECIMAL(38, 0),        -- prize of one winning bet, steps of asset
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE randomness (
    activity_id VARCHAR,         -- activity whose draw it decides
    commitment VARCHAR,          -- digest of the seed, published before, hexadecimal
    committed_at TIMESTAMPTZ,    -- moment it was published
    seed VARCHAR,                -- the seed as published afterwards
    revealed_at TIMESTAMPTZ,     -- moment it was shown
    source_file VARCHAR, record BIGINT, refused VARCHAR
);

CREATE TABLE input (
    file VARCHAR,                -- path below the exports folder
    table_name VARCHAR,          -- canonical table it filled
    sha256 VARCHAR,              -- of the file's bytes, hexadecimal
    encoding VARCHAR,            -- as read; NULL where the format fixes it
    counted BIGINT,              -- records, counted apart from the reader
    accepted BIGINT,             -- records read whole
    refused BIGINT,              -- records with a refused cell; accepted + refused = counted
    unread VARCHAR               -- columns of the file that no mapping reads, comma-separated
);

CREATE TABLE export (            -- Parquet that is read in place, not copied
    file VARCHAR,                -- path below the exports folder
    relation VARCHAR,            -- the view of its columns as the file types them
    place VARCHAR                -- where it lay when it was audited
);

CREATE TABLE line_run (
    file VARCHAR,                -- path below the exports folder
    record BIGINT,               -- from this data record on (from 1) …
    line BIGINT                  -- … lines count up by one from this physical line (sheet row), from 1
);

CREATE TABLE refused_cell (
    file VARCHAR,                -- path below the exports folder
    table_name VARCHAR,          -- canonical table
    column_name VARCHAR,         -- canonical column; NULL: the whole record
    source_column VARCHAR,       -- the platform's own column name
    record BIGINT,               -- data record, from 1
    line BIGINT,                 -- physical line (sheet row), from 1
    value VARCHAR,               -- the text as it stands
    mend VARCHAR                 -- what would make it readable
);

CREATE TABLE gate (
    kind VARCHAR,                -- completeness, uniqueness, links, ranges, order, sequence or control
    table_name VARCHAR,          -- canonical table
    column_name VARCHAR,         -- canonical column
    expectation VARCHAR,         -- the Great Expectations expectation that judged it
    expected VARCHAR,            -- value asked for
    observed VARCHAR,            -- value found
    success BOOLEAN,
    failing_sql VARCHAR          -- lists every failing row
);

CREATE TABLE rule (file VARCHAR, sha256 VARCHAR, text VARCHAR);
CREATE TABLE asset (asset VARCHAR, decimals BIGINT, step BIGINT); -- one step = step / 10^decimals units
CREATE TABLE step (name VARCHAR, kind VARCHAR, sql VARCHAR);
CREATE TABLE made_with (name VARCHAR, value VARCHAR); -- versions of packages, and the language of the report
CREATE TABLE finding (
    number BIGINT, check_name VARCHAR, subject VARCHAR, verdict VARCHAR, basis VARCHAR, body VARCHAR -- body: JSON
);
