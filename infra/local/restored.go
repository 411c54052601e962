package main

import (
	"context"
	"convoc/shared/store"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// What was to be sent when a backup was taken has been sent since, most of it. So the database and a file beside it hold the
// same name, a new one at each start: a database that does not know the name of the file is older than what ran here last
// (a backup is taken while the product is stopped, which makes its name an older one). And the name tells which file it is
// on the disk: that of a directory that was copied whole is another one.

// placeName is the file.
const placeName = "en-service"

// recognise tells whether the database is the one that ran here last, and makes it so. One that is not is a backup's: what
// it had to send is not sent, but left to the secretary as « à vérifier ».
func (m *machine) recognise() error {
	ctx, agenda, path := context.Background(), m.tables.AgendaHandle(), filepath.Join(m.Data, placeName)
	was, place, err := placeOf(path, m.Random)
	if err != nil {
		return fmt.Errorf("%s : %s", path, inWords(err, ""))
	}
	state, err := agenda.Pump(ctx)
	if err != nil {
		return fmt.Errorf("base de données : %s", inWords(err, ""))
	}
	if m.restored = !state.Places.Has(was); m.restored {
		m.log.Warn("agenda", "code", "restored")
		if err := agenda.MarkRestored(ctx, m.Now()); err != nil {
			return fmt.Errorf("base de données : %s", inWords(err, ""))
		}
	}
	var from store.Places // what the file says now is known until it says the new name
	if was != "" {
		from = store.Places{was}
	}
	if err := agenda.MovePlace(ctx, from, place); err != nil { // first: stopped here, the file still has a name that is known
		return fmt.Errorf("base de données : %s", inWords(err, ""))
	}
	if err := rename(path, place); err != nil {
		return fmt.Errorf("%s : %s", path, inWords(err, ""))
	}
	return nil
}

// placeOf reads the name in a file, which is none where the file is another one than when it was written; and makes a new
// one. The file is there afterwards, and stays the same one when it is written to.
func placeOf(path string, random io.Reader) (was, place string, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", "", err
	}
	held, err := io.ReadAll(io.LimitReader(f, 100))
	if err != nil {
		return "", "", err
	}
	name := make([]byte, 8)
	if _, err := io.ReadFull(random, name); err != nil {
		return "", "", err
	}
	number := fmt.Sprintf(".%d", fileNumber(info))
	if was = strings.TrimSpace(string(held)); !strings.HasSuffix(was, number) {
		was = ""
	}
	return was, hex.EncodeToString(name) + number, nil
}

// rename writes another name of the same length over the one in a file, which is never without one.
func rename(path, name string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(name+"\n"), 0)
	return errors.Join(err, f.Sync(), f.Close())
}
