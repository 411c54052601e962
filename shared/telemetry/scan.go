package telemetry

import (
	"log/slog"

	"convoc/shared/files"
)

// Scans makes the operator read what an antivirus says that she should know of: see files.Watched. A key of the store
// names nobody.
func Scans(log *slog.Logger, s files.Scanner) files.Scanner {
	return files.Watched(s, func(key files.Key, code, said string) {
		log.Warn("scan", "what", string(key), "code", code, "err", said)
	})
}
