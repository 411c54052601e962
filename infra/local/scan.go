package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"convoc/shared/files"
	"convoc/shared/files/clamdscan"
	"convoc/shared/telemetry"
)

// pingTimeout is how long the start waits for the antivirus: long enough to know whether it answers.
const pingTimeout = 3 * time.Second

// scanAt reads where clamd listens.
func scanAt(value string) (network, where string, err error) {
	network, where, _ = strings.Cut(value, ":")
	ok := network == "unix" && filepath.IsAbs(where)
	if network == "tcp" {
		host, port, err := address("-scan", where)
		ok = err == nil && host != "" && port != 0
	}
	if !ok {
		return "", "", fmt.Errorf("-scan %s : écrivez unix:/run/clamav/clamd.ctl ou tcp:127.0.0.1:3310", value)
	}
	return network, where, nil
}

// scanner asks the antivirus of the options, and tells the operator what comes of it. One that does not answer now stops
// no start: documents wait for it, and it may come up after us.
func (m *machine) scanner(documents files.Store) files.Scanner {
	clamd := &clamdscan.Scanner{Network: m.scanNetwork, Address: m.scanAddress, Files: documents}
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	if err := clamd.Ping(ctx); err != nil {
		m.scanAway = true
		m.log.Warn("scan", "code", "unavailable", "err", err.Error())
	}
	return telemetry.Scans(m.log, clamd)
}
