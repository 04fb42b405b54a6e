-- Centres of the state may want its own algorithm (GB/T 32905).
ALTER TABLE partner ADD COLUMN hash TEXT NOT NULL DEFAULT 'sha256' CHECK (hash IN ('sha256', 'sm3')); -- of the HMAC over each message, both ways
