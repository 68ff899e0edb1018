"""The Olivetti faces, 32 x 32, split by person, for `examples/inpainting.py --npz`.

    python docs/results/olivetti.py olivettifaces.mat olivetti.npz

The file is the one at https://cs.nyu.edu/~roweis/data/olivettifaces.mat: 40 persons, 10
pictures each. Persons 36 to 40 are held out; the others' pictures are also mirrored.
"""

import sys

import numpy as np
import scipy.io

source, target = sys.argv[1:]
faces = scipy.io.loadmat(source)["faces"].T.reshape(400, 64, 64).swapaxes(1, 2)
small = faces.reshape(400, 32, 2, 32, 2).mean(axis=(2, 4), dtype=np.float32) / 255
train, test = small[:350, ..., None], small[350:, ..., None]
np.savez(target, train=np.concatenate([train, train[:, :, ::-1]]), test=test)
