package letter

import (
	"testing"

	"convoc/shared/account"
)

// AccountTexts are what a mail about an account says.
func AccountTexts(t *testing.T, l account.Letter) (subject, text, html string) {
	t.Helper()
	v, err := Courier{From: "convoc@installation.example", Origin: "https://convoc.example"}.view(l)
	if err != nil {
		t.Fatal(err)
	}
	text, html, err = write("account", v)
	if err != nil {
		t.Fatal(err)
	}
	return v.Subject, text, html
}
