// Package roots is the trust store of the functions: the five authorities behind the addresses of AWS, which is all that
// they call. Reading the 140 authorities of the image costs a small function some 150 ms at its first call.
package roots

import _ "embed"

// Name is its name in a function's directory.
const Name = "amazon-roots.pem"

// PEM is its content.
//
//go:embed amazon-roots.pem
var PEM []byte
