"""Convert the Olivetti faces for `examples/inpainting.py --npz`, split by person.

    python docs/results/olivetti.py olivettifaces.mat olivetti.npz

The file is https://cs.nyu.edu/~roweis/data/olivettifaces.mat: 40 persons, 10 pictures
each, reduced to 32 x 32. Persons 36 to 40 are the test set; the pictures of the
other persons are also mirrored.
"""

import sys

import numpy as np
import scipy.io

source, target = sys.argv[1:]
faces = scipy.io.loadmat(source)["faces"].T.reshape(400, 64, 64).swapaxes(1, 2)
small = faces.reshape(400, 32, 2, 32, 2).mean(axis=(2, 4), dtype=np.float32) / 255
train, test = small[:350, ..., None], small[350:, ..., None]
np.savez(target, train=np.concatenate([train, train[:, :, ::-1]]), test=test)
