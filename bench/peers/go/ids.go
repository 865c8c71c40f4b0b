package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// newID makes an id that sorts behind earlier ones: 48 bits of time, then 80 random ones.
func newID(prefix string) string {
	id := make([]byte, 16)
	rand.Read(id[6:])
	milliseconds := uint64(time.Now().UnixMilli())
	id[0], id[1] = byte(milliseconds>>40), byte(milliseconds>>32)
	binary.BigEndian.PutUint32(id[2:], uint32(milliseconds))
	return prefix + "_" + hex.EncodeToString(id)
}

func randomNumber() int32 {
	random := make([]byte, 4)
	rand.Read(random)
	return int32(binary.BigEndian.Uint32(random) >> 1)
}
