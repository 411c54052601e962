package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"convoc/shared/contactfile"
	"convoc/shared/contactfile/workbook"
	"convoc/shared/errs"
	"convoc/shared/web"
)

// checked is what an import of a file would do, into an empty directory.
type checked struct {
	Name     string           `json:"name"` // of the file, without its ending
	Enc      string           `json:"enc"`  // empty for a workbook
	Sep      string           `json:"sep"`  // empty for a workbook
	Header   bool             `json:"header"`
	Contacts []checkedContact `json:"contacts"`
	Errors   []int            `json:"errors"`   // lines
	Confirm  []int            `json:"confirm"`  // lines whose address another person has
	Merged   int              `json:"merged"`   // lines of a person that stands before
	Refused  *string          `json:"refused"`  // why the whole file is
	Messages []string         `json:"messages"` // what the screens say, in the order of the file
}

type checkedContact struct {
	Email  string   `json:"email"`
	Second string   `json:"email2,omitempty"`
	Name   string   `json:"name"`
	Groups []string `json:"groups"`
}

// checkCSV prints what an import of a file would do, as one JSON object. It touches no data, and starts nothing. Lines in
// error are no error of the command; a file that cannot be opened is.
func checkCSV(args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage : convoc check-csv FICHIER")
	}
	c, err := check(args[0])
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("fichier %s : il n'existe pas", args[0])
		}
		return fmt.Errorf("fichier %s : %s", args[0], inWords(err, ""))
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(c)
}

func check(path string) (checked, error) {
	base := filepath.Base(path)
	c := checked{
		Name: strings.TrimSuffix(base, filepath.Ext(base)), Contacts: []checkedContact{}, Errors: []int{}, Confirm: []int{}, Messages: []string{},
	}
	file, err := contactfile.Read(func() (io.ReadCloser, error) { return os.Open(path) }, contactfile.Options{
		Workbooks: workbook.Open, Limits: contactfile.Limits{Errors: contactfile.MaxLines},
	})
	if refusal, is := errs.As(err); is {
		code := refusal.Code
		if refusal.About != "" {
			code = refusal.About
		}
		c.Refused, c.Messages = &code, append(c.Messages, web.SayFile(err))
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c.take(file)
	return c, nil
}

func (c *checked) take(f contactfile.File) {
	c.Enc, c.Sep, c.Header, c.Merged = f.Encoding, f.Separator, f.Header, f.Merged
	for _, w := range f.Warnings {
		c.Messages = append(c.Messages, web.SayWarning(w))
	}
	said := map[int]string{}
	for _, p := range f.Contacts {
		c.Contacts = append(c.Contacts, checkedContact{string(p.Address), string(p.Second), p.Name, append([]string{}, p.Groups...)})
		if p.Other != "" {
			c.Confirm = append(c.Confirm, p.Line)
			said[p.Line] = fmt.Sprintf("« %s » a la même adresse que « %s » : est-ce la même personne ?", p.Name, p.Other)
		}
	}
	for _, e := range f.Errors {
		c.Errors = append(c.Errors, e.Line)
		said[e.Line] = web.SayLine(e.Code) + perhaps(e.Suggestion)
	}
	for _, d := range f.Doubts {
		said[d.Line] = strings.TrimSpace(said[d.Line] + " L’adresse est peut-être mal écrite." + perhaps(d.Suggestion))
	}
	for _, line := range slices.Sorted(maps.Keys(said)) {
		c.Messages = append(c.Messages, fmt.Sprintf("Ligne %d : %s", line, said[line]))
	}
}

func perhaps(suggestion string) string {
	if suggestion == "" {
		return ""
	}
	return " Peut-être : " + suggestion
}
