// Package browser finds a Chromium for the browser tests.
package browser

import (
	"errors"
	"os"
	"os/exec"
)

// ErrMissing says what to install.
var ErrMissing = errors.New("no Chromium for the browser tests: install the package chromium-headless-shell or chromium (Debian, Ubuntu), or set CONVOC_CHROMIUM to one")

// names under which it may be installed, the lightest first.
var names = []string{"chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome"}

// Find gives the path of a Chromium. CONVOC_CHROMIUM names another one. Errors: [ErrMissing].
func Find() (string, error) {
	if path := os.Getenv("CONVOC_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}
