-- The NOTIFY channel of a stream. A channel name holds at most 63 bytes, and pg_notify raises past that, which would
-- abort the INSERT: longer stream names map to a hashed channel. ChannelNames.ForStream in C# says the same.
CREATE OR REPLACE FUNCTION event_stream_channel(stream_name TEXT)
RETURNS TEXT
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
AS $function$
    SELECT CASE
        WHEN octet_length(stream_name) <= 63 THEN stream_name
        ELSE 'stream_sha256_' || left(encode(sha256(convert_to(stream_name, 'UTF8')), 'hex'), 48)
    END
$function$;
